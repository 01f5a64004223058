import pytest
import torch

from patchwright.objectives.signal.elementwise import logarithm, modulus

POSITIVE = torch.logspace(-30, 30, 10_001)
COMPLEX = torch.polar(torch.logspace(-15, 15, 10_001), torch.linspace(-9, 9, 10_001))


@pytest.mark.parametrize(
    ("ours", "theirs", "values"), [(logarithm, torch.log, POSITIVE), (modulus, torch.abs, COMPLEX)]
)
def test_equals_torch(ours, theirs, values):
    torch.testing.assert_close(ours(values), theirs(values), rtol=3e-7, atol=1e-20)


@pytest.mark.parametrize(("function", "values"), [(logarithm, POSITIVE), (modulus, COMPLEX)])
def test_same_bits_with_gradient_with_out_and_at_any_offset(function, values):
    plain = function(values)
    recorded = function(values.clone().requires_grad_())
    with torch.no_grad():
        out = torch.empty_like(plain)
        assert function(values, out=out) is out
    assert torch.equal(plain, recorded.detach())
    assert torch.equal(plain, out)
    assert torch.equal(plain[5:-3], function(values[5:-3]))


@pytest.mark.parametrize(
    ("function", "dtype"), [(logarithm, torch.float64), (modulus, torch.complex128)]
)
def test_derivatives(function, dtype):
    values = (torch.rand(3, 4, dtype=dtype) + 0.1).requires_grad_()
    assert torch.autograd.gradcheck(function, values)
    assert torch.autograd.gradgradcheck(function, values)


def test_slope_of_a_magnitude_at_zero_is_zero():
    values = torch.zeros(3, dtype=torch.complex64, requires_grad=True)
    modulus(values).sum().backward()
    assert values.grad.eq(0).all()
