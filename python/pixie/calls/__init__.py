"""The functions that Java calls through `pixie.bridge`, a module for each thing they are about.

Each takes its argument, a JSON object, and NumPy arrays over memory that belongs to the caller and is valid
during the call alone. Each returns a JSON object.
"""
