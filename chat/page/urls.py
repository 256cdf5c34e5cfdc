from django.urls import path

from chat.page import views

urlpatterns = [
    path("", views.page, name="page"),
    path("servers", views.servers, name="servers"),
    path("online", views.online, name="online"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("worker.js", views.worker, name="worker"),
    path("favicon.ico", views.favicon, name="favicon"),
]
