"""HTTP without a network: the same application behind Unix sockets and TCP."""
