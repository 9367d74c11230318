"""The catalogue: products and price lists."""

from portal.bss.catalog import product_imports, products
from portal.display.prices import routes

blueprints = (products.bp, product_imports.bp, routes.blueprint("bss", "price_lists", "/sales/price-lists"))
