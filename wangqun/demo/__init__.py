"""演示数据: builds a city by calling the real actions; refused where DEBUG is off."""
