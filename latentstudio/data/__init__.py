"""Pictures from outside, read without trust: folders, zips, cache folders, their labels."""
