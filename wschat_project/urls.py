from django.contrib import admin
from django.urls import include, path

from chat.admin.accounts import change_password
from chat.admin.login import login

admin.site.site_header = admin.site.site_title = "wschat"
admin.site.index_title = "Operations"

urlpatterns = [
    # Before Django's own, which they lead to.
    path("admin/login/", login),
    path("admin/password_change/", change_password),
    path("admin/", admin.site.urls),
    path("", include("chat.page.urls")),
]

handler500 = "chat.page.failure.failure"
