"""What is promised still holds when processes are killed."""
