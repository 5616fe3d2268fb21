# %% [markdown]
r"""
# Words

Ten minutes, 9 points. A **palindrome** reads the same in both directions: `level`.
"""

# %% setup="imports"
import string

ALPHABET = string.ascii_lowercase

# %% [markdown]
r"""
## Palindromes

Letters count, upper or lower case; blanks and punctuation do not.
"""


# %% exercise="is-palindrome"
def is_palindrome(text):
    """Whether the letters of a text read the same in both directions."""
    ### BEGIN SOLUTION
    letters = [letter for letter in text.lower() if letter in ALPHABET]
    return letters == letters[::-1]
    ### END SOLUTION


# %% points=4 tests="is-palindrome"
assert is_palindrome("A man, a plan, a canal: Panama")
assert not is_palindrome("a plan")

# %% [markdown]
r"""
## Caesar's cipher

Each letter moves on by `shift` places; after `z` comes `a`.
"""


# %% exercise="encode"
def encode(text, shift):
    """The text in lower case, each letter moved on by `shift` places."""
    ### BEGIN SOLUTION
    return "".join(ALPHABET[(ALPHABET.index(c) + shift) % 26] if c in ALPHABET else c for c in text.lower())
    ### END SOLUTION


def decode(text, shift):
    """The inverse of `encode`."""
    ### BEGIN SOLUTION
    return encode(text, -shift)
    ### END SOLUTION


# %% points=3 tests="encode"
for word in ("venividivici", "brutus"):
    assert decode(encode(word, 3), 3) == word

# %%
# a place to try things
# %timeit encode("brutus", 3)
print(encode("brutus", 3))

# %% [markdown]
r"""
## Why it is weak

How many keys does the cipher have, and what follows?
"""

# %% [markdown] answer="keys" points=2
r"""
Twenty-six, one of which changes nothing: all of them can be tried by hand.
"""
