from django.apps import AppConfig


class Portal(AppConfig):
    name = "peers"
    label = "portal"
