"""Open data: the tables of a release as CSV and JSON, with a Frictionless data package that describes them."""
