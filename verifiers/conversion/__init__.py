"""Converts Python tests, statement by statement, to steps for the sandbox and questions for the driver.

``verifiers.plan`` is the way in. From bottom to top: ``recording`` takes down steps, ``scope`` knows what names stand
for, ``remote`` has expressions computed by the solution's process, ``lowering`` leaves the rest to the driver,
``questions`` turns assertions into questions, ``statements`` walks the tests.
"""
