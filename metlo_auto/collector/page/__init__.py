"""The pages that people look at; reads the store through `queries` and puts it into templates."""
