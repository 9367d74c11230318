"""Answers a request and synchronizes its asset again, in one step: both are recorded, or neither."""

from portal.core.transaction import lock
from portal.models import Asset, AssetRequest, Attempt, User
from portal.services import asset_requests, provisioning


def answer_and_retry(
    request: AssetRequest, *, words: str, remark: str, version: int, asset_version: int, by: User
) -> None:  # fmt: skip
    """Raises what `asset_requests.answer` and `provisioning.request` raise; then nothing is sent or answered."""

    def answer(_attempt: Attempt) -> None:
        asset = lock(Asset, request.asset_id)
        asset_requests.settle(asset, request.id, words=words, remark=remark, version=version, by=by)

    provisioning.request(request.asset, version=asset_version, by=by, also_write=answer)
