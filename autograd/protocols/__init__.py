"""What others ask of a Value: `copying` for copy and pickle, `arrays` for numpy, `base` for all.

A reader of backpropagation may skip this room.
"""
