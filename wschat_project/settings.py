"""Django's settings: wiring only. What an operator may set is in `chat/conf.py`."""

from datetime import timedelta

from chat import policy
from chat.cluster.host import redis_host_or_exit
from chat.conf import BASE_DIR, conf
from chat.database import read_database
from chat.process import this_process
from chat.secret_key import read_or_make_or_exit

DEBUG = conf.debug
SECRET_KEY = conf.secret_key or read_or_make_or_exit(conf.var / "secret_key")
# Where it is debugged, Django's own default holds: this machine alone.
ALLOWED_HOSTS = list(conf.allowed_hosts) or ([] if DEBUG else ["*"])

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
    "axes",
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
    "axes.middleware.AxesMiddleware",
]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]

# Five wrong passwords for a name from an address close that name to that address for a while.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "chat.request_address.request_address"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "admin/locked_out.html"

# Only a proxy that always sets the header may be believed, so this is off unless told.
if conf.https:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
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

IN_MEMORY = {"BACKEND": "chat.memory_layer.MemoryLayer"}
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
        "text": {"format": f"%(asctime)s %(levelname)s {this_process()} %(name)s: %(message)s"},
        "json": {"()": "chat.json_log.JsonFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": conf.log_format}},
    "root": {"handlers": ["stderr"], "level": conf.log_level},
    "loggers": {
        "axes": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "django.channels.server": {"handlers": ["stderr"], "propagate": False},
    },
}
