# A small domain model with custom errors and a context manager.
from dataclasses import dataclass, field
from contextlib import contextmanager
class InsufficientFunds(Exception):
    def __init__(self, need, have):
        super().__init__(f"need {need:.2f}, have {have:.2f}")
        self.need, self.have = need, have
@dataclass
class Account:
    owner: str
    balance: float = 0
    history: list = field(default_factory=list, repr=False)
    def deposit(self, amount):
        if amount <= 0: raise ValueError("amount must be positive")
        self.balance += amount
        self.history.append(("deposit", amount))
    def withdraw(self, amount):
        if amount > self.balance: raise InsufficientFunds(amount, self.balance)
        self.balance -= amount
        self.history.append(("withdraw", amount))
@contextmanager
def transaction(*accounts):
    saved = [(a, a.balance, len(a.history)) for a in accounts]
    try:
        yield
    except Exception:
        for account, balance, n in saved:
            account.balance = balance
            del account.history[n:]
        raise
a, b = Account("ann", 100), Account("bob")
with transaction(a, b):
    a.withdraw(30); b.deposit(30)
try:
    with transaction(a, b):
        b.deposit(500); a.withdraw(500)
except InsufficientFunds as error:
    print("failed:", error)
print(a, b, a.history, b.history)
