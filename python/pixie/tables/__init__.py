"""Tables: rows of files on their way into a collection, and items on their way out into files."""
