"""Discriminators, one per file: picture and class in, one logit for each picture out."""
