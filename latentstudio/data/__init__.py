"""Pictures from outside: folders, zips and prepared data sets, read without trust."""
