"""The catalogue of products."""

from portal.bss.catalog import product_imports, products

blueprints = (products.bp, product_imports.bp)
