"""Razorpay: settlement recon rows and settlements."""
