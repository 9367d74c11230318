"""Flask-Admin over the portal's tables: the same columns, search and filters, 50 a page."""

import os
import sys

from flask import Flask, redirect, request, session
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_admin.form import SecureForm
from flask_login import LoginManager, UserMixin, current_user, login_user
from peers import JOURNAL
from sqlalchemy import Date, ForeignKey, and_, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship, scoped_session, sessionmaker
from wtforms import Form, StringField
from wtforms.csrf.session import SessionCSRF

URL = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
engine = create_engine(URL, module=sys.modules["sqlite3"] if URL.startswith("sqlite") else None)
db = scoped_session(sessionmaker(engine))


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    def __str__(self):
        return self.name


class Product(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    def __str__(self):
        return self.name


class Person(Base, UserMixin):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]


class Coupon(Base):
    __tablename__ = "coupons"
    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int]
    code: Mapped[str]
    standing: Mapped[str]

    def __str__(self):
        return f"…{self.code[-4:]}"


class Asset(Base):
    __tablename__ = "assets"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    note: Mapped[str | None]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    billed_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    branch_id: Mapped[int]
    quantity: Mapped[int]
    purchased_on = mapped_column(Date)
    redeem_by = mapped_column(Date)
    sync_status: Mapped[str]
    account: Mapped[Account] = relationship(foreign_keys=account_id)
    billed_account: Mapped[Account] = relationship(foreign_keys=billed_account_id)
    product: Mapped[Product] = relationship()
    coupon: Mapped[Coupon | None] = relationship(
        primaryjoin=and_(id == foreign(Coupon.asset_id), Coupon.standing == "recorded"), viewonly=True, uselist=False
    )


class Assets(ModelView):
    form_base_class = SecureForm
    column_list = (
        "id", "name", "sync_status", "product", "account", "billed_account", "quantity", "purchased_on", "redeem_by",
        "coupon",
    )  # fmt: skip
    column_select_related_list = (Asset.product, Asset.account, Asset.billed_account, Asset.coupon)
    column_default_sort = [("purchased_on", True), ("id", True)]
    column_searchable_list = ("name", "account.name", "coupon.code")
    column_filters = ("sync_status", "branch_id")
    named_filter_urls = True
    page_size = 50
    form_columns = ("name",)  # an empty note would become NULL, which the table refuses

    def is_accessible(self):
        return current_user.is_authenticated


class SignIn(Form):
    class Meta:
        csrf = True
        csrf_class = SessionCSRF
        csrf_secret = os.environ["SECRET_KEY"].encode()

        @property
        def csrf_context(self):
            return session

    email = StringField()


app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
login = LoginManager(app)
login.user_loader(lambda number: db.get(Person, int(number)))
admin = Admin(app, name="Bench")
admin.add_view(Assets(Asset, db))


@event.listens_for(engine, "connect")
def _open(connection, _record):
    if engine.dialect.name == "sqlite":
        for pragma in (f"journal_mode={JOURNAL}", "synchronous=FULL", "busy_timeout=15000"):
            connection.execute(f"PRAGMA {pragma}")


@app.route("/sign-in", methods=["GET", "POST"])
def sign_in():
    form = SignIn(request.form)
    if request.method == "POST" and form.validate():
        login_user(db.query(Person).filter_by(email=form.email.data).one())
        return redirect("/admin/asset/")
    return f'<form method="post">{form.csrf_token}{form.email}</form>'


@app.teardown_appcontext
def _remove(_error=None):
    db.remove()


application = app
