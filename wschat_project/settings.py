"""Django's settings: wiring only. What an operator may set is in `chat/conf.py`."""

from chat import policy
from chat.cluster.host import redis_host_or_exit
from chat.conf import BASE_DIR, conf
from chat.process import this_process
from chat.secret_key import read_or_make_or_exit

DEBUG = conf.debug
SECRET_KEY = conf.secret_key or read_or_make_or_exit(conf.var / "secret_key")
ALLOWED_HOSTS = list(conf.allowed_hosts) or ["*"]

INSTALLED_APPS = [
    "chat",  # before daphne: its runserver is the one to use
    "daphne",
    "channels",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "chat.static_files.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

CONTENT_SECURITY_POLICY = {"DIRECTIVES": policy.SITE}

ROOT_URLCONF = "wschat_project.urls"
ASGI_APPLICATION = "wschat_project.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": conf.var / "wschat.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 5},
    },
}

# Capacity and expiry of the stock layer drop in silence; the room has its own bounds instead.
IN_MEMORY = {
    "BACKEND": "channels.layers.InMemoryChannelLayer",
    "CONFIG": {"capacity": 1_000_000, "expiry": 10 * 365 * 86400},
}
OVER_REDIS = conf.redis_url and {
    "BACKEND": "chat.cluster.layer.ClusterLayer",
    "CONFIG": {
        "hosts": [redis_host_or_exit(conf.redis_url)],
        "replay_bytes": conf.replay_bytes,
        "timeout": conf.layer_timeout,
    },
}
CHANNEL_LAYERS = {"default": OVER_REDIS or IN_MEMORY}

STATIC_URL = "static/"
STATIC_ROOT = conf.var / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "chat.static_files.HashedStaticFiles"},
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": f"%(asctime)s %(levelname)s {this_process()} %(name)s: %(message)s"}
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": conf.log_level},
    "loggers": {
        "daphne": {"level": "WARNING"},
        "django.channels.server": {"handlers": ["stderr"], "propagate": False},
    },
}
