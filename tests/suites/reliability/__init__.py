"""What the state of a training promises, shown on the command line's own processes."""
