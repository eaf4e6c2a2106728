"""Pictures from outside: intake, crop, inversion as it goes on."""
