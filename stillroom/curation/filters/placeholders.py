"""What stands for data in examples and exercises, and belongs to nobody."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# RFC 2606 and 6761 keep names for examples and tests; the others are what writers of exercises use likewise.
RESERVED_TLDS = frozenset(("example", "test", "invalid", "localhost", "local", "internal"))
# Names that say what they are, under any ending; and words that are somebody's name under most endings.
DOMAINS = _words("""
    company domain domainname example examples foo foobar hostname mycompany mydomain mysite qux somedomain somewhere
    website yourcompany yourdomain yoursite
""")
GENERIC_DOMAINS = frozenset(
    f"{name}.{ending}"
    for name in _words("""
        abc acme bar baz business corp dom email fake host sample server site some test testing tests xyz
    """)
    for ending in ("com", "net", "org")
)
PERSONS = _words("""
    abc alice bar bob doe example firstname.lastname first.last foo jane janedoe jane.doe jane.smith jdoe john
    johndoe john.doe john.smith johnsmith me myemail myname name nobody person recipient sender sample somebody someone
    test test.user testuser test1 tester user user1 user2 username xyz you youremail yourname your.email your.name
""")
# Names of functions, not of persons (RFC 2142), and of accounts of machines.
ROLES = _words("""
    abuse admin billing contact daemon do-not-reply donotreply ec2-user git hello help hostmaster hr info
    mailer-daemon marketing news newsletter no-reply noc noreply notifications office postmaster root sales security
    service support team ubuntu usenet uucp webmaster www
""")
# Numbers that payment providers publish for tests.
CARDS = _words("""
    4242424242424242 4000056655665556 4111111111111111 4012888888881881 4222222222222 5555555555554444
    5105105105105100 5200828282828210 2223003122003222 378282246310005 371449635398431 378734493671000
    6011111111111117 6011000990139424 30569309025904 38520000023237 3530111333300000 3566002020360505
    4539148803436467 4532015112830366 4916338506082832 5425233430109903 2222420000001113 4263982640269299
""")
SSNS = _words("111-11-1111 121-21-2121 123-12-1234 123-45-6789 123-45-6788 222-22-2222 333-33-3333 555-55-5555")
# The examples of the IBAN registry and of its usual explanations.
IBANS = _words("""
    GB82WEST12345698765432 GB29NWBK60161331926819 GB33BUKB20201555555555 DE89370400440532013000
    FR1420041010050500013M02606 FR7630006000011234567890189 ES9121000418450200051332 IT60X0542811101000000123456
    NL91ABNA0417164300 CH9300762011623852957 AT611904300234573201 BE68539007547034
""")
