# unittest run from inside a program.
import io, unittest
class Tests(unittest.TestCase):
    def setUp(self): self.items = [1, 2, 3]
    def test_sum(self): self.assertEqual(sum(self.items), 6)
    def test_fails(self): self.assertEqual(self.items, [1, 2])
    def test_raises(self):
        with self.assertRaisesRegex(ValueError, "invalid literal"):
            int("x")
    def test_subtests(self):
        for i in range(3):
            with self.subTest(i=i):
                self.assertNotEqual(i, 1)
    @unittest.skip("not today")
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_known(self): self.fail()
suite = unittest.defaultTestLoader.loadTestsFromTestCase(Tests)
out = io.StringIO()
result = unittest.TextTestRunner(stream=out, verbosity=0).run(suite)
print(result.testsRun, len(result.failures), len(result.errors), len(result.skipped), len(result.expectedFailures))
print([str(test).split()[0] for test, _ in result.failures])
print(result.failures[0][1].splitlines()[-1])
