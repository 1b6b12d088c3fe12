// What `PYTHONHASHSEED=0 python3.14` gives as hash(text).
const EXPECTED: [(&str, i64); 6] = [
    ("a", 4644417185603328019),
    ("abcdefg", 7904145750247929094),
    ("abcdefgh", 4574395652268504554),
    ("hello world", -5642461784034726774),
    ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 17573350960781366),
    ("__init__", 4748292593639647670),
];
