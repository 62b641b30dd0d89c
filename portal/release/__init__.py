"""What is published: the model that pages, open data and the record of a release are made from."""
