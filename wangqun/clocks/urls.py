"""The one address of clocks that needs no sign-in: the signed calendar feed."""

from django.urls import path

from wangqun.clocks import views

urlpatterns = [path("calendar/<str:token>.ics", views.calendar, name="clocks_calendar")]
