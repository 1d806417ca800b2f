"""One cell of a network, looked at closely."""
