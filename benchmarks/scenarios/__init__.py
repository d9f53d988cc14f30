"""How each row of the table is measured."""
