"""Who looks at failed assets, or retries them, is told of the retry in which they wait for their turn."""

from tests.bss.test_retries import pick


def test_a_retry_that_is_under_way_is_told_of_before_another_is_started(world, browse):
    dana = browse("dana")
    first, second = world.asset(), world.asset()
    dana.submit(pick(dana, first, second), "Start")  # no worker yet: both wait for their turn
    assert "R-1 is under way: 2 assets wait for their turn in it, and count as failed" in dana.open("bss.index").text
    preview = pick(dana, second, world.asset())
    assert f"1 of these assets waits for its turn in R-1, which {world.dana.name} started" in preview.text
    dana.submit(dana.open("bss.retries.show", retry_id=1), "Stop")
    assert "waits for its turn" not in dana.visit(preview.url).text
    assert "is under way" not in dana.open("bss.index").text
