"""Django's settings: wiring only. What an operator may set is in `chat/config/conf.py`."""

from typing import Any

from chat.cluster.host import redis_host, why_unusable
from chat.config.conf import BASE_DIR, conf
from chat.config.database import read_database
from chat.config.process import this_process
from chat.config.secret_key import read_or_make_or_exit
from chat.page import policy

DEBUG = conf.debug
SECRET_KEY = conf.secret_key or read_or_make_or_exit(conf.var / "secret_key")
# Where it is debugged, Django's own default holds: this machine alone.
ALLOWED_HOSTS = list(conf.allowed_hosts) or ([] if DEBUG else ["*"])

INSTALLED_APPS = [
    "chat",  # before daphne: its runserver is the one to use
    "wschat_tools",
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
    "chat.page.static_files.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# Only a proxy that always sets the header may be believed, so this is off unless told.
if conf.https:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if conf.is_https:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 86400
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # Whether other names of the same domain can be had by HTTPS is not for one program to say.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_NAME = "wschat_session"
CSRF_COOKIE_NAME = "wschat_csrf"
CSRF_TRUSTED_ORIGINS = list(conf.csrf_trusted_origins)
FORCE_SCRIPT_NAME = conf.prefix or None
LOGIN_URL = "admin:login"

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

DATABASES = {"default": read_database(conf.database_url, conf.var)}

CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "chat.room.memory_layer.MemoryLayer"}
}
# A URL that cannot be used is told beside the other settings by `chat.serving.checks`.
if conf.redis_url and not why_unusable(conf.redis_url):
    CHANNEL_LAYERS["default"] = {
        "BACKEND": "chat.cluster.layer.ClusterLayer",
        "CONFIG": {
            "hosts": [redis_host(conf.redis_url)],
            "replay_bytes": conf.replay_bytes,
            "timeout": conf.layer_timeout,
        },
    }

# Nobody else on the machine reads what is in the data folder.
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
STATIC_URL = "static/"
STATIC_ROOT = conf.var / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "chat.page.static_files.HashedStaticFiles"},
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
FORMAT_MODULE_PATH = "chat.admin.formats"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": f"%(asctime)s %(levelname)s {this_process()} %(name)s: %(message)s"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "%(levelname)s %(name)s %(message)s",
            "rename_fields": {"levelname": "level", "name": "logger", "exc_info": "exception"},
            "static_fields": {"process": str(this_process())},
            "timestamp": "time",
        },
    },
    "filters": {"one_line": {"()": "chat.serving.one_line.OneLine"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": conf.log_format,
            "filters": ["one_line"],
        }
    },
    "root": {"handlers": ["stderr"], "level": conf.log_level},
    "loggers": {
        "daphne": {"level": "WARNING"},
        "django.channels.server": {"handlers": ["stderr"], "propagate": False},
    },
}
