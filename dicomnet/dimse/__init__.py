"""Messages of PS3.7: command sets, and their assembly from presentation data values."""
