"""How the admin writes dates and times (Django's FORMAT_MODULE_PATH)."""
