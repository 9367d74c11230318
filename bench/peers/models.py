"""The portal's tables as Django's admin would show them: a list with the same columns, search, 50 a page."""

from django.contrib import admin
from django.db import models


class Account(models.Model):
    name = models.CharField(max_length=200)

    class Meta:
        app_label, db_table, managed = "portal", "accounts", False

    def __str__(self):
        return self.name


class Product(models.Model):
    name = models.CharField(max_length=120)

    class Meta:
        app_label, db_table, managed = "portal", "products", False

    def __str__(self):
        return self.name


class Asset(models.Model):
    name = models.CharField(max_length=120)
    note = models.TextField(blank=True)
    account = models.ForeignKey(Account, models.DO_NOTHING, related_name="+")
    billed_account = models.ForeignKey(Account, models.DO_NOTHING, related_name="+")
    branch_id = models.IntegerField()
    product = models.ForeignKey(Product, models.DO_NOTHING)
    quantity = models.IntegerField()
    purchased_on = models.DateField()
    redeem_by = models.DateField()
    sync_status = models.CharField(max_length=20, choices=[(word, word) for word in (
        "synchronizing", "unconfirmed", "review", "synchronized", "failed",
    )])  # fmt: skip

    class Meta:
        app_label, db_table, managed = "portal", "assets", False

    def __str__(self):
        return self.name


class Coupon(models.Model):
    asset = models.ForeignKey(Asset, models.DO_NOTHING, related_name="coupons")
    code = models.CharField(max_length=128)
    standing = models.CharField(max_length=20)

    class Meta:
        app_label, db_table, managed = "portal", "coupons", False


@admin.register(Asset)
class AssetAdmin(admin.ModelAdmin):
    list_display = (
        "id", "name", "sync_status", "product", "account", "billed_account", "quantity", "purchased_on", "redeem_by",
        "code",
    )  # fmt: skip
    list_select_related = ("product", "account", "billed_account")
    list_filter = ("sync_status",)
    list_per_page = 50
    search_fields = ("name", "account__name", "coupons__code")
    ordering = ("-purchased_on", "-id")
    fields = ("name", "note", *list_display[2:])
    readonly_fields = list_display[2:]

    def get_queryset(self, request):
        recorded = models.Prefetch("coupons", Coupon.objects.filter(standing="recorded"))
        return super().get_queryset(request).prefetch_related(recorded)

    def lookup_allowed(self, lookup, value, request=None):
        return lookup == "branch_id__exact" or super().lookup_allowed(lookup, value, request)

    def code(self, asset):
        return next((f"…{coupon.code[-4:]}" for coupon in asset.coupons.all()), "")
