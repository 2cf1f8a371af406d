from . import test_billing, test_billing_invoice, test_billing_views
