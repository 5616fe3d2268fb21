"""Hidden tests of a unit that has nothing to do with numbers."""

from autograder.testing import Suite, Trial

suite = Suite(without=("textwrap",))

palindromes = suite.exercise("is-palindrome", 4, "is_palindrome(text)")
cipher = suite.exercise("encode", 3, "encode(text, shift)", "decode(text, shift)")


@palindromes.family("letters", 3)
def letters_of_either_case(t: Trial) -> None:
    t.equal(True, "Level")
    t.equal(False, "levels")


@palindromes.family("other characters", 1)
def other_characters_do_not_count(t: Trial) -> None:
    t.equal(True, "No lemon, no melon")


@cipher.family("there", 2)
def letters_move_on(t: Trial) -> None:
    t.equal("cde", "ABC", 2)
    t.equal("a b!", "z a!", 1)


@cipher.family("and back", 1)
def decode_is_the_inverse(t: Trial) -> None:
    t.on("decode").equal("abc", "cde", 2)
