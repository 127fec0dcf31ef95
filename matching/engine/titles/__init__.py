"""Free job titles to codes of the national classification of occupations (职业分类大典 2022).

`cleaning` parts what names the job from what praises it, `features` makes character n-grams,
`training` fits the model from the shipped lists, `model` answers. docs/titles.md has the method
and its figures.
"""
