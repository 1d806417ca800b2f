"""The commands. Each file has HELP (a line), `configure(parser)` and `run(args) -> exit code`."""
