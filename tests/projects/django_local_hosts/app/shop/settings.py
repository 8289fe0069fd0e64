DEBUG = True
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "shop.urls"
