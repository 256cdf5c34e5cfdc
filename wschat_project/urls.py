from django.contrib import admin
from django.urls import include, path

admin.site.site_header = admin.site.site_title = "wschat"
admin.site.index_title = "Operations"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("chat.urls")),
]
