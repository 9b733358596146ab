"""How the demo model that ships with Pixie is made, from packages of drawings to a model folder."""
