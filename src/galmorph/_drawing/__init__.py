"""Drawing that several rooms share: the style of figures, pictures of stamps, and HTML for notebooks.

Rooms import these modules when something is drawn, because most of them load matplotlib.
"""
