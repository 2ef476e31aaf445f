"""What others ask of a Value: `copying` for copy and pickle, `arrays` for numpy.

A reader of backpropagation may skip this room.
"""
