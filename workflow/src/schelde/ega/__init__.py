"""What EGA calls things, what is described to it, and its ids in place of our aliases."""
