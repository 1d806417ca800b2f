"""Networks in the forms of other systems."""
