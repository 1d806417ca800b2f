"""The sections of the kit, a module each."""
