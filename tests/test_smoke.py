def test_the_database_opens(db):
    from wangqun.base.models import NumberSeries
    assert NumberSeries.objects.count() == 0
