"""The whole chain, as people and other programs meet it: real processes, sockets and files."""
