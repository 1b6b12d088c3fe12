# Text transformation, translate tables and command-like dispatch.
import string
def caesar(text, shift):
    lower, upper = string.ascii_lowercase, string.ascii_uppercase
    k = shift % 26
    table = str.maketrans(lower + upper, lower[k:] + lower[:k] + upper[k:] + upper[:k])
    return text.translate(table)
def crack(text):
    return max(range(26), key=lambda s: sum(caesar(text, s).lower().count(c) for c in "etaoin "))
secret = caesar("Meet me at the old stone bridge", 11)
shift = crack(secret)
print(secret, shift, caesar(secret, shift))
def rle(text):
    out, i = [], 0
    while i < len(text):
        j = i
        while j < len(text) and text[j] == text[i]: j += 1
        out.append(f"{j - i}{text[i]}" if j - i > 1 else text[i])
        i = j
    return "".join(out)
print(rle("aaabccdddd"), "".join(chr(ord("a") + (ord(c) - 97 + 13) % 26) for c in "hello"))
