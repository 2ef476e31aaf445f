"""Recording a function: run it twice on Values, compare, and read a program from what happened."""
